"""A meter that is not there: it speaks the same bytes, for the demo, for tests and for trying out.

`memory` invents believable records, `meter` answers as a meter does (and misbehaves on
request), `bluez` puts it behind a socket that speaks D-Bus like the system's Bluetooth. `direct`
is the same without any transport; `bumble` (extra `radio-sim`) the same over a real stack.
"""
