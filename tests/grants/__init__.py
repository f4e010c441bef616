"""What a person has allowed, and its end."""
