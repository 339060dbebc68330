#pragma once

#include "libcdc/base/reader.hpp"
#include "libcdc/base/text_buffer.hpp"

/// The binary form of types that are made of nothing but themselves, as the `*_send` functions of
/// src/backend/utils/adt write it: integers are big-endian. Each function reads one value from `in`
/// and appends what the type's output function would print in our session. What is not of its form
/// makes the reader fail; the caller asks the reader, and whether all bytes were used. Output is
/// bounded by a small multiple of the input, or by a constant.
namespace cdc::postgres {

using AppendBinary = void (*)(ByteReader& in, TextBuffer& out);

/// u8, 0 or 1
void append_boolean(ByteReader& in, TextBuffer& out);
void append_int2(ByteReader& in, TextBuffer& out);
void append_int4(ByteReader& in, TextBuffer& out);
void append_int8(ByteReader& in, TextBuffer& out);
/// oid, xid, cid
void append_u32(ByteReader& in, TextBuffer& out);
/// xid8
void append_u64(ByteReader& in, TextBuffer& out);
void append_float4(ByteReader& in, TextBuffer& out);
void append_float8(ByteReader& in, TextBuffer& out);
/// n i16, weight i16 of the first digit, sign u16, dscale u16, n x digit u16 to the base 10000
void append_numeric(ByteReader& in, TextBuffer& out);
/// i64 of units of 1/100: `-$1,234.50`
void append_money(ByteReader& in, TextBuffer& out);
/// As hex digits behind \x
void append_bytea(ByteReader& in, TextBuffer& out);
/// bits i32, (bits + 7) / 8 bytes
void append_bits(ByteReader& in, TextBuffer& out);
/// 16 bytes
void append_uuid(ByteReader& in, TextBuffer& out);

/// i32 days since 2000-01-01
void append_date(ByteReader& in, TextBuffer& out);
/// i64 microseconds of the day
void append_time(ByteReader& in, TextBuffer& out);
/// the same, zone i32: seconds west of Greenwich
void append_timetz(ByteReader& in, TextBuffer& out);
/// i64 microseconds since 2000-01-01
void append_timestamp(ByteReader& in, TextBuffer& out);
void append_timestamptz(ByteReader& in, TextBuffer& out);
/// i64 microseconds, i32 days, i32 months
void append_interval(ByteReader& in, TextBuffer& out);
/// The same on servers from 17 on, where the outermost values are infinite.
void append_interval_or_infinity(ByteReader& in, TextBuffer& out);

/// family u8, 2 for IPv4 and 3 for IPv6, bits u8, is cidr u8, length u8, bytes
void append_inet(ByteReader& in, TextBuffer& out);
void append_cidr(ByteReader& in, TextBuffer& out);
/// 6 and 8 bytes
void append_macaddr(ByteReader& in, TextBuffer& out);
void append_macaddr8(ByteReader& in, TextBuffer& out);

/// float8 coordinates; path: closed u8, n i32, points; polygon: n i32, points
void append_point(ByteReader& in, TextBuffer& out);
void append_lseg(ByteReader& in, TextBuffer& out);
void append_path(ByteReader& in, TextBuffer& out);
void append_box(ByteReader& in, TextBuffer& out);
void append_polygon(ByteReader& in, TextBuffer& out);
void append_line(ByteReader& in, TextBuffer& out);
void append_circle(ByteReader& in, TextBuffer& out);

/// n i32, n x {word str, m u16, m x position u16: two bits of weight, fourteen of place}
void append_tsvector(ByteReader& in, TextBuffer& out);
/// n i32, n items, an operator before its right and then its left operand:
/// {1, weights u8, prefix u8, word str} or {2, operator u8, distance u16 where it is a phrase}
void append_tsquery(ByteReader& in, TextBuffer& out);
/// u64; two halves, the lower one padded to 8 digits from server 19 on
void append_pg_lsn(ByteReader& in, TextBuffer& out);
void append_padded_pg_lsn(ByteReader& in, TextBuffer& out);
/// n i32, xmin u64, xmax u64, n x u64
void append_pg_snapshot(ByteReader& in, TextBuffer& out);
/// block u32, offset u16
void append_tid(ByteReader& in, TextBuffer& out);

}  // namespace cdc::postgres
