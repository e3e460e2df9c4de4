"""The page in the browser: what it asks of the engine, and a server for one machine.

`driver.answer` takes and gives JSON. It runs in the browser, under Pyodide, and behind
`archcalc playground`, and so loads neither typer nor rich nor pydantic.
"""
