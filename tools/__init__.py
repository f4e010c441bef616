"""Tools for developers; nothing at run time needs them."""
