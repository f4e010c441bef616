"""The pages without a journey: those that a link of a mail opens, and the addresses printed in letters.

A GET shows what the link is for; the button of the page does it, once.

Entry points: `blueprint` in each module.
"""
