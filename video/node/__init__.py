"""The media node: a process of its own beside the web application.

`base` is what the application relies on, `client` talks to the process, `child` starts it;
`aiortc_node`, `control` and `__main__` are the process. Nothing else may import aiortc.
"""
