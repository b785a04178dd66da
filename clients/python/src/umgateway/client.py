"""A client of a gateway."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Iterator, Mapping, Optional, Tuple, Type

import grpc

from .credential import Credential, check_plain
from .errors import GatewayError
from .gen.service_config import SERVICE_CONFIG
from .gen.um.v1 import call_service_pb2 as calls
from .gen.um.v1 import mailbox_service_pb2 as mailbox
from .gen.um.v1.call_service_pb2_grpc import CallServiceStub
from .gen.um.v1.mailbox_service_pb2_grpc import MailboxServiceStub
from .once import once
from .watch import watch


class Client:
    """A client of a gateway. Each failure is a GatewayError. Threads may share it.

    Rpcs that may be repeated are, when the connection was lost or not made. play_on_phone, play_on_phone_greeting and
    reset_pin are not: each of these calls is one attempt. The methods that end in _once repeat them safely.

    A timeout is in seconds; without one it is 30 s, and none for a watch.
    """

    def __init__(
        self,
        address: str,
        *,
        plaintext: bool = False,
        root_certificates: Optional[bytes] = None,
        client_certificate: Optional[Tuple[bytes, bytes]] = None,
        credential: Optional[Credential] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Makes a client of the gateway at an address such as "gateway.example.com:9090". It connects when it is used.

        There is TLS unless plaintext is set; root_certificates says whom to believe, instead of gRPC's own authorities, and
        client_certificate is a certificate and its key, all in PEM. Without TLS the credential goes to this machine only:
        otherwise ValueError is raised. options are those of the gRPC channel besides.
        """
        self._credential = credential
        arguments = {
            "grpc.service_config": SERVICE_CONFIG,
            "grpc.service_config_disable_resolution": 1,
            # An attempt makes sense only if the channel tries to connect again before it.
            "grpc.initial_reconnect_backoff_ms": 100,
            "grpc.max_reconnect_backoff_ms": 1000,
            **(options or {}),
        }
        if plaintext:
            check_plain(address, credential)
            self._channel = grpc.insecure_channel(address, list(arguments.items()))
        else:
            certificate, key = client_certificate or (None, None)
            tls = grpc.ssl_channel_credentials(root_certificates, key, certificate)
            self._channel = grpc.secure_channel(address, tls, list(arguments.items()))
        self._calls = CallServiceStub(self._channel)
        self._mailbox = MailboxServiceStub(self._channel)

    def play_on_phone(self, request: calls.PlayOnPhoneRequest, timeout: Optional[float] = None) -> calls.PlayOnPhoneResponse:
        """Dials a telephone and plays a message, in one attempt."""
        return self._unary(self._calls.PlayOnPhone, request, timeout)

    def play_on_phone_once(
        self, request: calls.PlayOnPhoneRequest, timeout: Optional[float] = None
    ) -> calls.PlayOnPhoneResponse:
        """Dials a telephone and plays a message: once at most, however often it has to be asked for.

        The timeout is that of each attempt.
        """
        return once(lambda r: self.play_on_phone(r, timeout), request)

    def play_on_phone_greeting(
        self, request: calls.PlayOnPhoneGreetingRequest, timeout: Optional[float] = None
    ) -> calls.PlayOnPhoneGreetingResponse:
        """Dials a telephone and plays or records a greeting, in one attempt."""
        return self._unary(self._calls.PlayOnPhoneGreeting, request, timeout)

    def play_on_phone_greeting_once(
        self, request: calls.PlayOnPhoneGreetingRequest, timeout: Optional[float] = None
    ) -> calls.PlayOnPhoneGreetingResponse:
        """Dials a telephone and plays or records a greeting: once at most, however often it has to be asked for."""
        return once(lambda r: self.play_on_phone_greeting(r, timeout), request)

    def get_call_info(self, request: calls.GetCallInfoRequest, timeout: Optional[float] = None) -> calls.GetCallInfoResponse:
        """Reports where a call stands."""
        return self._unary(self._calls.GetCallInfo, request, timeout)

    def watch(
        self, call_id: str, *, after_sequence: int = 0, silence: float = 90.0
    ) -> Iterator[calls.WatchCallResponse]:
        """Follows a call: yields each change once, and ends after the event that says that the call has ended.

        A stream that breaks off, or that the gateway ends, is begun again from where it was. It raises what the gateway says
        about the call, and an error when it could not be reached four times in a row. silence is how many seconds the
        gateway may say nothing before its connection counts as lost: it sends a heartbeat every 15 seconds, but only once
        it has seen the call, which it tries for a minute.
        """
        return watch(
            lambda request: self._calls.WatchCall(request, metadata=self._metadata()), call_id, after_sequence, silence
        )

    def renew_lease(self, request: calls.RenewLeaseRequest, timeout: Optional[float] = None) -> calls.RenewLeaseResponse:
        """Tells the gateway that somebody still cares about a call that has a lease."""
        return self._unary(self._calls.RenewLease, request, timeout)

    def disconnect(self, request: calls.DisconnectRequest, timeout: Optional[float] = None) -> calls.DisconnectResponse:
        """Ends a call."""
        return self._unary(self._calls.Disconnect, request, timeout)

    def is_um_enabled(
        self, request: mailbox.IsUMEnabledRequest = mailbox.IsUMEnabledRequest(), timeout: Optional[float] = None
    ) -> mailbox.IsUMEnabledResponse:
        """Tells whether the mailbox is enabled for Unified Messaging."""
        return self._unary(self._mailbox.IsUMEnabled, request, timeout)

    def get_um_properties(
        self, request: mailbox.GetUMPropertiesRequest = mailbox.GetUMPropertiesRequest(), timeout: Optional[float] = None
    ) -> mailbox.GetUMPropertiesResponse:
        """Reads the voice settings."""
        return self._unary(self._mailbox.GetUMProperties, request, timeout)

    def reset_pin(
        self, request: mailbox.ResetPINRequest = mailbox.ResetPINRequest(), timeout: Optional[float] = None
    ) -> mailbox.ResetPINResponse:
        """Gives the mailbox a new PIN, in one attempt."""
        return self._unary(self._mailbox.ResetPIN, request, timeout)

    def reset_pin_once(
        self, request: mailbox.ResetPINRequest = mailbox.ResetPINRequest(), timeout: Optional[float] = None
    ) -> mailbox.ResetPINResponse:
        """Gives the mailbox a new PIN: one at most, however often it has to be asked for."""
        return once(lambda r: self.reset_pin(r, timeout), request)

    def set_oof_status(
        self, request: mailbox.SetOofStatusRequest, timeout: Optional[float] = None
    ) -> mailbox.SetOofStatusResponse:
        """Turns the Out-of-Office greeting on or off."""
        return self._unary(self._mailbox.SetOofStatus, request, timeout)

    def set_missed_call_notification_enabled(
        self, request: mailbox.SetMissedCallNotificationEnabledRequest, timeout: Optional[float] = None
    ) -> mailbox.SetMissedCallNotificationEnabledResponse:
        """Turns the mails about missed calls on or off."""
        return self._unary(self._mailbox.SetMissedCallNotificationEnabled, request, timeout)

    def set_play_on_phone_dial_string(
        self, request: mailbox.SetPlayOnPhoneDialStringRequest, timeout: Optional[float] = None
    ) -> mailbox.SetPlayOnPhoneDialStringResponse:
        """Sets the number that Play on Phone offers by default."""
        return self._unary(self._mailbox.SetPlayOnPhoneDialString, request, timeout)

    def set_telephone_access_folder_email(
        self, request: mailbox.SetTelephoneAccessFolderEmailRequest, timeout: Optional[float] = None
    ) -> mailbox.SetTelephoneAccessFolderEmailResponse:
        """Chooses the mail folder that is read out over the telephone."""
        return self._unary(self._mailbox.SetTelephoneAccessFolderEmail, request, timeout)

    def close(self) -> None:
        """Ends the connections."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _metadata(self) -> Tuple[Tuple[str, str], ...]:
        return () if self._credential is None else (("authorization", self._credential.authorization()),)

    def _unary(self, call: Any, request: Any, timeout: Optional[float]) -> Any:
        try:
            return call(request, timeout=timeout, metadata=self._metadata())
        except grpc.RpcError as error:
            raise GatewayError.of(error) from error
