package io.cyphonic.signaling.admin;

import com.fasterxml.jackson.jr.ob.JSON;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of JSON each way per connection of the administration socket.
 *
 * <pre>
 *  {"command":"invite","name":"alice","seconds":86400}  -&gt;  {"ok":true,"result":"cyphonic-..."}
 *  {"command":"devices"}                                  -&gt;  {"ok":true,"result":{...}}
 *  {"command":"revoke","name":"alice"}                    -&gt;  {"ok":true,"result":"alice.example"}
 *                                                             {"ok":false,"error":"..."}
 * </pre>
 */
final class AdminProtocol {
    static final int MAX_REQUEST_BYTES = 4096;
    static final int MAX_RESPONSE_BYTES = 64 << 20;

    private AdminProtocol() {}

    static Map<String, Object> ok(Object result) {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("ok", true);
        response.put("result", result);
        return response;
    }

    static Map<String, Object> error(String message) {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("ok", false);
        response.put("error", message);
        return response;
    }

    static void write(SocketChannel channel, Map<String, Object> message) throws IOException {
        byte[] line = (JSON.std.asString(message) + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.wrap(line);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /**
     * Reads one line.
     *
     * @return {@code null} if the other side only connected, to see whether anybody is there
     * @throws IOException if it is longer than {@code maxBytes}, cut short or not a JSON object
     */
    static Map<String, Object> read(SocketChannel channel, int maxBytes) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (true) {
            buffer.clear();
            if (channel.read(buffer) < 0) {
                if (line.size() == 0) {
                    return null;
                }
                throw new IOException("the connection ended before the message did");
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return JSON.std.mapFrom(line.toString(StandardCharsets.UTF_8));
                }
                if (line.size() == maxBytes) {
                    throw new IOException("a message of more than " + maxBytes + " bytes");
                }
                line.write(next);
            }
        }
    }
}
