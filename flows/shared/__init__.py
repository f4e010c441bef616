"""Parts of screens and methods that several of them need: codes that are sent, limits, lookups. No screen is here.

Entry points: the functions of each module, called by steps, methods and journeys with their run.
"""
