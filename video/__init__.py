"""Calls: rules of a room, signalling messages, ICE configuration, device check, quality.

Knows neither Flask nor a database: `telehealth.consults` stores, serves and shows what is decided
here. Only `video.node.aiortc_node` and `video.node.__main__` load media code; they run in a process
of their own, which `video.node.client` talks to.
"""
