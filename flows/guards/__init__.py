"""The guards of journeys, one page each: why a run cannot continue, wherever it is.

Owns the pages `templates/guards/<name>.html`. A guard reads; it knows neither the steps of its journey nor their order.
"""
