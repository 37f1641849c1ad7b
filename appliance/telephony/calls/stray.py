"""An answer that nobody waits for any more: it crossed our CANCEL, or came from a second phone
behind a fork of somebody else's (RFC 3261 § 13.2.2.4, interop 23)."""

from appliance.telephony.sip.core_events import ResponseReceived
from appliance.telephony.sip.dialog import Dialog
from appliance.telephony.transport.driver import Driver


def end_stray_answer(driver: Driver, event: ResponseReceived) -> None:
    """Acknowledge a 2xx to our INVITE and end its dialog at once; other responses are nothing."""
    invite, response = event.transaction.request, event.response
    if invite.method != "INVITE" or not 200 <= response.status < 300:
        return
    dialog = Dialog.uac(invite, response, event.transaction.flow)
    driver.acknowledge(event.transaction, dialog.ack(response.cseq.number))
    driver.request(dialog.request("BYE"), event.transaction.flow)
