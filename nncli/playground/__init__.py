"""Playground: a page on which a network trains in the browser, for `nncli play`.

    symbols, statements    numbers and arrays of a recorded tape -> names, valid for any network
    recorder, fragments    a part -> the statements that compute it
    javascript             ufuncs and small Python functions -> JavaScript
    library, choices       the fragments that the page's engine needs, and the alternatives offered
    job_settings, starts   a job -> the page's initial settings and weights
    rows, columns          the data, with names and units
    config_text            the config, from which the page writes YAML
    refusals               what can't be played, and what to do instead
    page                   the complete file, with the scripts in page/

Of these scripts random, special, arrays, network and training are the engine, the rest is display.
See docs/decisions/0036.
"""
