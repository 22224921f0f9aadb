"""The pages of customers: the list, one customer with its tabs, and what is done for a customer."""
