"""A simulated meter behind Chromium's own Bluetooth, through the developer tools' emulation.

Everything is the browser's real Web Bluetooth except one thing: the protocol has no command for a
notification, so values are set on the page's real characteristics and the event is dispatched.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from devices.gatt import racp
from devices.sim.faults import Fault
from devices.sim.meter import GLUCOSE_SERVICE, Meter

ADDRESS = "09:09:09:09:09:09"
SUBSCRIBE, READ, WRITE = "subscribe-to-notifications", "read", "write"
OK, NOT_PAIRED, NOT_THERE = 0, 5, 1
PROPERTIES = ("read", "write", "notify", "indicate")
CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb"
TELL = """(values) => {
  const { link } = document.querySelector("meter-reader");
  for (const [name, text] of values) {
    const one = link.characteristics.get(name);
    const bytes = Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
    Object.defineProperty(one, "value", { value: new DataView(bytes.buffer), configurable: true });
    one.dispatchEvent(new Event("characteristicvaluechanged"));
  }
}"""


@dataclass
class Radio:
    """The air between one page and one meter."""

    browser: Browser
    page: Page
    meter: Meter
    asked: list[bytes] = field(default_factory=list)
    """What was written to the control point."""
    connections: int = 0
    _names: dict[str, str] = field(default_factory=dict)
    """Characteristic by the browser's id of it."""
    _is_prompted: bool = False

    def switch_on(self, *, state: str = "powered-on") -> None:
        """Emulate an adapter with the meter beside it; call before the page is opened."""
        self._air: CDPSession = self.browser.new_browser_cdp_session()
        self._air.on("BluetoothEmulation.gattOperationReceived", self._operated)
        self._air.on("BluetoothEmulation.characteristicOperationReceived", self._touched)
        self._send("enable", state=state, leSupported=True)
        self._send(
            "simulatePreconnectedPeripheral",
            address=ADDRESS,
            name="meter+00000123",
            manufacturerData=[],
            knownServiceUuids=[GLUCOSE_SERVICE],
        )
        self._tab = self.page.context.new_cdp_session(self.page)
        self._tab.on("DeviceAccess.deviceRequestPrompted", self._prompted)
        self._tab.send("DeviceAccess.enable")

    def switch_off(self) -> None:
        """End the emulation."""
        self._send("disable")
        self._air.detach()

    def allow_another_choice(self) -> None:
        """Answer the browser's next list of devices too."""
        self._is_prompted = False

    def _send(self, command: str, **values: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._air.send(f"BluetoothEmulation.{command}", values)
        return answer

    def _prompted(self, event: dict[str, Any]) -> None:
        if self._is_prompted or not event["devices"]:
            return  # it comes once more for the same list
        self._is_prompted = True
        chosen = {"id": event["id"], "deviceId": event["devices"][0]["id"]}
        self._tab.send("DeviceAccess.selectPrompt", chosen)

    def _operated(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "connection":
            self.connections += 1
        elif kind == "discovery":
            self._offer()
        self._send("simulateGATTOperationResponse", address=ADDRESS, type=kind, code=OK)

    def _offer(self) -> None:
        """Say what the meter has, before the question is answered."""
        self._names.clear()
        for service, characteristics in self.meter.services().items():
            made = self._send("addService", address=ADDRESS, serviceUuid=service)
            for uuid, can in characteristics.items():
                one = self._send(
                    "addCharacteristic",
                    serviceId=made["serviceId"],
                    characteristicUuid=uuid,
                    properties={name: True for name in PROPERTIES if name in can},
                )
                self._names[one["characteristicId"]] = uuid
                if "notify" in can or "indicate" in can:
                    self._send(
                        "addDescriptor",
                        characteristicId=one["characteristicId"],
                        descriptorUuid=CONFIGURATION,
                    )

    def _touched(self, event: dict[str, Any]) -> None:
        name, kind = self._names[event["characteristicId"]], event["type"]
        answer: dict[str, Any] = {"code": OK}
        if kind == READ:
            value = self.meter.read(name)
            data = base64.b64encode(value or b"").decode()
            answer = {"code": NOT_THERE} if value is None else {"code": OK, "data": data}
        elif kind == SUBSCRIBE and Fault.WRONG_PIN in self.meter.faults:
            answer = {"code": NOT_PAIRED}
        self._send(
            "simulateCharacteristicOperationResponse",
            characteristicId=event["characteristicId"],
            type=kind,
            **answer,
        )
        if kind == WRITE and name == racp.RACP:
            request = base64.b64decode(event["data"])
            self.asked.append(request)
            self._tell(request)

    def _tell(self, request: bytes) -> None:
        """Send what the meter answers, up to where the link breaks."""
        values = [(uuid[4:8], raw.hex()) for uuid, raw in self.meter.answer(request)]
        limit = self.meter.faults.number(Fault.DROP)
        breaks = limit is not None and len(values) > limit
        self.page.evaluate(TELL, values[:limit] if breaks else values)
        if breaks:
            self._send("simulateGATTDisconnection", address=ADDRESS)
