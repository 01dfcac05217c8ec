"""The objects of the emulated bus: an adapter, meters in reach, and what each offers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Variant

from devices.sim.bluez.wire import Connection, variants
from devices.sim.faults import Fault
from devices.sim.meter import GLUCOSE_SERVICE, Meter

ADAPTER = "/org/bluez/hci0"
ADAPTER_IFACE = "org.bluez.Adapter1"
DEVICE_IFACE = "org.bluez.Device1"
SERVICE_IFACE = "org.bluez.GattService1"
CHARACTERISTIC_IFACE = "org.bluez.GattCharacteristic1"
DESCRIPTOR_IFACE = "org.bluez.GattDescriptor1"
CCCD = "00002902-0000-1000-8000-00805f9b34fb"
FIRST_HANDLE = 10
MTU = 247

Properties = dict[str, Any]
Interfaces = dict[str, dict[str, Variant]]


@dataclass(slots=True)
class Peripheral:
    """A meter in reach and the state of the link to it."""

    meter: Meter
    address: str = "C0:26:DF:00:00:01"
    name: str = "meter+00000001"
    pin: int = 123_456
    """Six digits the meter shows; asked for when pairing."""
    is_paired: bool = False
    forgot_bond: bool = False
    """The meter forgot the computer, which does not know it yet."""
    is_busy: bool = False
    """A procedure of another client is still running on the meter."""
    is_known: bool = False
    """The adapter has heard it since it was started or the device removed."""
    is_connected: bool = False
    link: Connection | None = None
    """The client that opened the link; its end is the end of the link."""
    notifying: set[str] = field(default_factory=set)
    sent: int = 0
    """Notifications since the link was opened."""
    stream: asyncio.Task[None] | None = None
    _uuids: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Note which characteristic is where, and how the meter begins."""
        self.is_busy = Fault.BUSY in self.meter.faults
        self._uuids = {
            path: str(interfaces[CHARACTERISTIC_IFACE]["UUID"])
            for path, interfaces in self.gatt().items()
            if CHARACTERISTIC_IFACE in interfaces
        }

    @property
    def path(self) -> str:
        """The device's object path."""
        return f"{ADAPTER}/dev_{self.address.replace(':', '_')}"

    def device(self) -> Properties:
        """Return the device's properties."""
        return {
            "Address": self.address,
            "AddressType": "public",
            "Name": self.name,
            "Alias": self.name,
            "Adapter": ADAPTER,
            "Paired": self.is_paired,
            "Bonded": self.is_paired,
            "Trusted": False,
            "Blocked": False,
            "LegacyPairing": False,
            "Connected": self.is_connected,
            "ServicesResolved": self.is_connected,
            "UUIDs": [GLUCOSE_SERVICE],
            "RSSI": -58,
        }

    def gatt(self) -> dict[str, dict[str, Properties]]:
        """Return services, characteristics and descriptors by object path."""
        found: dict[str, dict[str, Properties]] = {}
        handle = FIRST_HANDLE
        for service_uuid, characteristics in self.meter.services().items():
            service = f"{self.path}/service{handle:04x}"
            found[service] = {
                SERVICE_IFACE: {"UUID": service_uuid, "Primary": True, "Device": self.path}
            }
            for uuid, flags in characteristics.items():
                path = f"{service}/char{handle + 1:04x}"
                found[path] = {
                    CHARACTERISTIC_IFACE: {
                        "UUID": uuid,
                        "Service": service,
                        "Flags": list(flags),
                        "Notifying": path in self.notifying,
                        "Value": b"",
                        "MTU": MTU,
                    }
                }
                if {"notify", "indicate"} & set(flags):
                    found[f"{path}/desc{handle + 2:04x}"] = {
                        DESCRIPTOR_IFACE: {"UUID": CCCD, "Characteristic": path}
                    }
                handle += 3
            handle += 1
        return found

    def uuid_of(self, path: str) -> str:
        """Return the UUID of the characteristic at a path.

        Raises:
            KeyError: no such characteristic.
        """
        return self._uuids[path]

    def path_of(self, uuid: str) -> str:
        """Return the path of a characteristic by its UUID."""
        return next(path for path, known in self._uuids.items() if known == uuid)


def adapter(*, is_powered: bool, is_discovering: bool, has_low_energy: bool) -> Properties:
    """Return the adapter's properties."""
    return {
        "Address": "00:11:22:33:44:55",
        "Name": "simulated",
        "Alias": "simulated",
        "Powered": is_powered,
        "Discovering": is_discovering,
        "Roles": ["central", "peripheral"] if has_low_energy else ["classic"],
        "UUIDs": [GLUCOSE_SERVICE],
    }


def typed(interfaces: dict[str, Properties]) -> Interfaces:
    """Give the properties of each interface their D-Bus types."""
    return {name: variants(properties) for name, properties in interfaces.items()}
