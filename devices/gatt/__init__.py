"""Bytes of Bluetooth characteristics to values and back; no radio, no clock, no rules of meaning.

Every decoder takes the raw value of one characteristic and returns a frozen object or raises
`devices.gatt.wire.WireError`; nothing else escapes. Layouts: Bluetooth Glucose Service 1.0.1,
Continuous Glucose Monitoring Service 1.0.2, IEEE 11073-20601 for SFLOAT.
"""
