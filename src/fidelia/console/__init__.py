"""The console: what the people of the house work in. One file per module; views translate, verbs decide."""
