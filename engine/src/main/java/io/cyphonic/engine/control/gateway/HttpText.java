package io.cyphonic.engine.control.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * An HTTP response (RFC 9112), as UPnP gateways send them over TCP and, without a body, over UDP.
 * Any bytes are safe to read.
 *
 * @param status three digits
 * @param headers names in lower case; of a repeated one the last
 * @param body decoded
 */
record HttpText(int status, Map<String, String> headers, byte[] body) {
    /** No longer response is read. */
    static final int MAX_LENGTH = 65_536;

    private static final int MAX_HEADERS = 64;

    /** The value of a header; empty if it is not there. */
    String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /**
     * Reads a response.
     *
     * @param bytes all that came
     * @param ended whether nothing more can come
     * @return {@code null} if it is none, or not complete
     */
    static HttpText parse(byte[] bytes, boolean ended) {
        int headEnd = headEnd(bytes);
        if (headEnd < 0 || bytes.length > MAX_LENGTH) {
            return null;
        }
        String[] lines =
                new String(bytes, 0, headEnd, StandardCharsets.ISO_8859_1).split("\r\n", -1);
        int status = status(lines[0]);
        if (status < 0 || lines.length > MAX_HEADERS) {
            return null;
        }
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                headers.put(
                        lines[i].substring(0, colon).trim().toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).trim());
            }
        }
        byte[] body = body(headers, Arrays.copyOfRange(bytes, headEnd + 4, bytes.length), ended);
        return body == null ? null : new HttpText(status, Map.copyOf(headers), body);
    }

    private static int headEnd(byte[] bytes) {
        for (int i = 0; i + 3 < bytes.length; i++) {
            if (bytes[i] == '\r'
                    && bytes[i + 1] == '\n'
                    && bytes[i + 2] == '\r'
                    && bytes[i + 3] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static int status(String line) {
        return line.matches("HTTP/1\\.[01] [1-5]\\d\\d( .*)?")
                ? Integer.parseInt(line.substring(9, 12))
                : -1;
    }

    private static byte[] body(Map<String, String> headers, byte[] rest, boolean ended) {
        if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            return unchunk(rest);
        }
        String length = headers.get("content-length");
        if (length == null) {
            return ended ? rest : null;
        }
        if (!length.matches("\\d{1,6}")) {
            return null;
        }
        int wanted = Integer.parseInt(length);
        return rest.length < wanted ? null : Arrays.copyOf(rest, wanted);
    }

    private static byte[] unchunk(byte[] rest) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int end = at;
            while (end + 1 < rest.length && !(rest[end] == '\r' && rest[end + 1] == '\n')) {
                end++;
            }
            if (end + 1 >= rest.length) {
                return null;
            }
            String size = new String(rest, at, end - at, StandardCharsets.ISO_8859_1);
            int semicolon = size.indexOf(';');
            size = (semicolon < 0 ? size : size.substring(0, semicolon)).trim();
            if (!size.matches("[0-9A-Fa-f]{1,5}")) {
                return null;
            }
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                return body.toByteArray();
            }
            if (length > rest.length - end - 4) {
                return null;
            }
            body.write(rest, end + 2, length);
            at = end + 2 + length + 2;
        }
    }
}
