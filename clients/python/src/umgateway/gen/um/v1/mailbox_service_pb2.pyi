from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GetUMPropertiesRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetUMPropertiesResponse(_message.Message):
    __slots__ = ["missed_call_notification_enabled", "oof_status", "play_on_phone_dial_string", "telephone_access_folder_email", "telephone_access_numbers"]
    MISSED_CALL_NOTIFICATION_ENABLED_FIELD_NUMBER: _ClassVar[int]
    OOF_STATUS_FIELD_NUMBER: _ClassVar[int]
    PLAY_ON_PHONE_DIAL_STRING_FIELD_NUMBER: _ClassVar[int]
    TELEPHONE_ACCESS_FOLDER_EMAIL_FIELD_NUMBER: _ClassVar[int]
    TELEPHONE_ACCESS_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    missed_call_notification_enabled: bool
    oof_status: bool
    play_on_phone_dial_string: str
    telephone_access_folder_email: str
    telephone_access_numbers: str
    def __init__(self, oof_status: bool = ..., missed_call_notification_enabled: bool = ..., play_on_phone_dial_string: _Optional[str] = ..., telephone_access_numbers: _Optional[str] = ..., telephone_access_folder_email: _Optional[str] = ...) -> None: ...

class IsUMEnabledRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class IsUMEnabledResponse(_message.Message):
    __slots__ = ["enabled"]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: bool = ...) -> None: ...

class ResetPINRequest(_message.Message):
    __slots__ = ["request_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class ResetPINResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SetMissedCallNotificationEnabledRequest(_message.Message):
    __slots__ = ["enabled"]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: bool = ...) -> None: ...

class SetMissedCallNotificationEnabledResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SetOofStatusRequest(_message.Message):
    __slots__ = ["enabled"]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: bool = ...) -> None: ...

class SetOofStatusResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SetPlayOnPhoneDialStringRequest(_message.Message):
    __slots__ = ["dial_string"]
    DIAL_STRING_FIELD_NUMBER: _ClassVar[int]
    dial_string: str
    def __init__(self, dial_string: _Optional[str] = ...) -> None: ...

class SetPlayOnPhoneDialStringResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SetTelephoneAccessFolderEmailRequest(_message.Message):
    __slots__ = ["base64_folder_id"]
    BASE64_FOLDER_ID_FIELD_NUMBER: _ClassVar[int]
    base64_folder_id: str
    def __init__(self, base64_folder_id: _Optional[str] = ...) -> None: ...

class SetTelephoneAccessFolderEmailResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...
