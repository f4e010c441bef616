"""What somebody would try, across endpoints: each attack is shown to fail where it would do harm."""
