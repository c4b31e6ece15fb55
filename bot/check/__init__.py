"""`muralscape check`: what is wrong with a set-up, before it runs."""
