"""Sheet: a worksheet and its answer sheet as pages to print, or to be filled in on a screen."""
