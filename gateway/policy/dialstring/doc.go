// Package dialstring reads what callers ask a telephone system to dial, and compares it with patterns.
//
// Nobody but the telephone system knows for sure what it makes of a dial string: which codes it strips, whether it sees
// the digits behind a comma, whether "1900…" is a national or an international number. The package promises to err on one
// side only:
//
//   - A dial string is denied if any reading of it, by any habit of telephone systems listed here or in the Plan, begins
//     with a denied number.
//   - A dial string is allowed only if all its readings under the Plan are allowed.
//   - What cannot be read for certain, for instance digits that are not ASCII, invisible characters, letters for digits,
//     feature codes with * and #, or an unknown URI scheme or parameter, is an error, and neither allowed nor harmless.
//
// The forms that are read: digits with the separators that people write ("+49 (0)30/123-45", "1.900.555"), followed perhaps
// by an extension or pauses ("x12", "ext. 12", ",,12", ";12"); tel URIs (RFC 3966) with the parameters ext and
// phone-context; SIP addresses (RFC 3261 section 19.1), with or without the scheme, with the parameters user and transport.
package dialstring
