// AWS event stream messages: prelude (total length, header length, CRC), headers, payload, CRC; all
// big-endian. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and the Smithy
// specification, "Amazon Event Stream". Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::stream {

// CRC-32 (ISO-HDLC, as in zlib) of `bytes`, continuing `crc`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);

// One message with string headers.
std::string eventstream_message(const std::vector<std::pair<std::string, std::string>>& headers,
                                std::string_view payload);

// Big-endian numbers.
std::uint32_t read_u32(std::string_view bytes);
std::uint16_t read_u16(std::string_view bytes);

}  // namespace assay::stream
