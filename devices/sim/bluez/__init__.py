"""A Unix socket that speaks D-Bus and plays `org.bluez`, with simulated meters in reach.

A program whose `DBUS_SYSTEM_BUS_ADDRESS` names the socket talks to it through the ordinary
Bluetooth stack of its own: nothing in that program is replaced. Needs neither a D-Bus daemon
nor a radio nor special rights.
"""
