"""A network that trains in the browser, on one page: `nncli play`.

    symbols, statements    numbers and arrays of a recorded tape -> what they are in any network
    recorder, fragments    a part -> the statements of what it computes
    javascript             loops and small functions, written from ufuncs and from Python
    library, choices       all that a page's engine knows, and what is offered on it
    settings, starts       a job -> what the page trains, and from where
    rows, columns          its data, and what they are called
    config_text            what the page's YAML is written from
    refusals               what can't be played, and what to do instead
    page                   all of it in one file, with the sources in page/

Of those sources random, special, arrays, network and training are the engine; the rest is what is
seen. decisions/0036 says why it is so.
"""
