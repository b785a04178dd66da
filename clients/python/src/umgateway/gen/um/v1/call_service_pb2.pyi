from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

CALL_STATE_ALERTED: CallState
CALL_STATE_CONNECTED: CallState
CALL_STATE_CONNECTING: CallState
CALL_STATE_DISCONNECTED: CallState
CALL_STATE_FORWARDING: CallState
CALL_STATE_IDLE: CallState
CALL_STATE_INCOMING: CallState
CALL_STATE_TRANSFERRING: CallState
CALL_STATE_UNSPECIFIED: CallState
DESCRIPTOR: _descriptor.FileDescriptor
EVENT_CAUSE_NONE: EventCause
EVENT_CAUSE_NO_ANSWER: EventCause
EVENT_CAUSE_OTHER: EventCause
EVENT_CAUSE_UNAVAILABLE: EventCause
EVENT_CAUSE_UNSPECIFIED: EventCause
EVENT_CAUSE_USER_BUSY: EventCause
GREETING_TYPE_NORMAL_CUSTOM: GreetingType
GREETING_TYPE_OOF_CUSTOM: GreetingType
GREETING_TYPE_UNSPECIFIED: GreetingType

class DisconnectRequest(_message.Message):
    __slots__ = ["call_id"]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class DisconnectResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetCallInfoRequest(_message.Message):
    __slots__ = ["call_id", "max_age"]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    max_age: _duration_pb2.Duration
    def __init__(self, call_id: _Optional[str] = ..., max_age: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetCallInfoResponse(_message.Message):
    __slots__ = ["call_state", "event_cause", "sip_response_code", "sip_response_text"]
    CALL_STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_CAUSE_FIELD_NUMBER: _ClassVar[int]
    SIP_RESPONSE_CODE_FIELD_NUMBER: _ClassVar[int]
    SIP_RESPONSE_TEXT_FIELD_NUMBER: _ClassVar[int]
    call_state: CallState
    event_cause: EventCause
    sip_response_code: int
    sip_response_text: str
    def __init__(self, call_state: _Optional[_Union[CallState, str]] = ..., event_cause: _Optional[_Union[EventCause, str]] = ..., sip_response_code: _Optional[int] = ..., sip_response_text: _Optional[str] = ...) -> None: ...

class HangUpLease(_message.Message):
    __slots__ = ["max_duration", "unattended"]
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    UNATTENDED_FIELD_NUMBER: _ClassVar[int]
    max_duration: _duration_pb2.Duration
    unattended: _duration_pb2.Duration
    def __init__(self, unattended: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., max_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PlayOnPhoneGreetingRequest(_message.Message):
    __slots__ = ["dial_string", "greeting_type", "lease", "request_id"]
    DIAL_STRING_FIELD_NUMBER: _ClassVar[int]
    GREETING_TYPE_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dial_string: str
    greeting_type: GreetingType
    lease: HangUpLease
    request_id: str
    def __init__(self, greeting_type: _Optional[_Union[GreetingType, str]] = ..., dial_string: _Optional[str] = ..., request_id: _Optional[str] = ..., lease: _Optional[_Union[HangUpLease, _Mapping]] = ...) -> None: ...

class PlayOnPhoneGreetingResponse(_message.Message):
    __slots__ = ["call_id"]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class PlayOnPhoneRequest(_message.Message):
    __slots__ = ["dial_string", "entry_id", "item_id", "lease", "request_id"]
    DIAL_STRING_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dial_string: str
    entry_id: str
    item_id: str
    lease: HangUpLease
    request_id: str
    def __init__(self, entry_id: _Optional[str] = ..., item_id: _Optional[str] = ..., dial_string: _Optional[str] = ..., request_id: _Optional[str] = ..., lease: _Optional[_Union[HangUpLease, _Mapping]] = ...) -> None: ...

class PlayOnPhoneResponse(_message.Message):
    __slots__ = ["call_id"]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class RenewLeaseRequest(_message.Message):
    __slots__ = ["call_id"]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class RenewLeaseResponse(_message.Message):
    __slots__ = ["hang_up_time"]
    HANG_UP_TIME_FIELD_NUMBER: _ClassVar[int]
    hang_up_time: _timestamp_pb2.Timestamp
    def __init__(self, hang_up_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WatchCallRequest(_message.Message):
    __slots__ = ["after_sequence", "call_id"]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    call_id: str
    def __init__(self, call_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class WatchCallResponse(_message.Message):
    __slots__ = ["call_state", "ended", "event_cause", "heartbeat", "observe_time", "sequence", "sip_response_code", "sip_response_text"]
    CALL_STATE_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    EVENT_CAUSE_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    OBSERVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SIP_RESPONSE_CODE_FIELD_NUMBER: _ClassVar[int]
    SIP_RESPONSE_TEXT_FIELD_NUMBER: _ClassVar[int]
    call_state: CallState
    ended: bool
    event_cause: EventCause
    heartbeat: bool
    observe_time: _timestamp_pb2.Timestamp
    sequence: int
    sip_response_code: int
    sip_response_text: str
    def __init__(self, sequence: _Optional[int] = ..., observe_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., call_state: _Optional[_Union[CallState, str]] = ..., event_cause: _Optional[_Union[EventCause, str]] = ..., sip_response_code: _Optional[int] = ..., sip_response_text: _Optional[str] = ..., heartbeat: bool = ..., ended: bool = ...) -> None: ...

class CallState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class EventCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class GreetingType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
