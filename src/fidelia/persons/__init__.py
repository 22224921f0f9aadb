"""What a person may ask of all that is kept about them: a copy of it, and that it is erased.

It knows every module that keeps something of a customer, and asks each one's `privacy` in the order of the layers.
"""
