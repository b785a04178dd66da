from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SoapFault(_message.Message):
    __slots__ = ["exception_type", "fault_code", "fault_string", "http_status", "response_code"]
    EXCEPTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    FAULT_CODE_FIELD_NUMBER: _ClassVar[int]
    FAULT_STRING_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_CODE_FIELD_NUMBER: _ClassVar[int]
    exception_type: str
    fault_code: str
    fault_string: str
    http_status: int
    response_code: str
    def __init__(self, fault_code: _Optional[str] = ..., exception_type: _Optional[str] = ..., response_code: _Optional[str] = ..., http_status: _Optional[int] = ..., fault_string: _Optional[str] = ...) -> None: ...
