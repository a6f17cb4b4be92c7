package io.cyphonic.engine.dns;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * The queries of one TCP connection, in order (RFC 7766): two bytes of length before each message,
 * closed when the client closes, says nonsense or is silent for too long.
 */
final class StreamQueries {
    private static final int IDLE_TIMEOUT_MILLIS = 10_000;
    private static final int MAX_QUERY = 4096;
    private static final int MAX_QUERIES = 100;

    private final Socket socket;
    private final QueryHandler handler;

    StreamQueries(Socket socket, QueryHandler handler) {
        this.socket = socket;
        this.handler = handler;
    }

    /** Serves until the connection is over; the caller closes the socket. */
    void serve() throws IOException {
        socket.setSoTimeout(IDLE_TIMEOUT_MILLIS);
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        OutputStream out = socket.getOutputStream();
        try {
            for (int served = 0; served < MAX_QUERIES; served++) {
                int length = in.readUnsignedShort();
                if (length > MAX_QUERY) {
                    return;
                }
                byte[] query = new byte[length];
                in.readFully(query);
                byte[] answer = handler.answer(query, true);
                if (answer == null) {
                    return;
                }
                byte[] framed = new byte[answer.length + 2];
                framed[0] = (byte) (answer.length >>> 8);
                framed[1] = (byte) answer.length;
                System.arraycopy(answer, 0, framed, 2, answer.length);
                out.write(framed);
            }
        } catch (EOFException | SocketTimeoutException _) {
            // The client is done.
        }
    }
}
