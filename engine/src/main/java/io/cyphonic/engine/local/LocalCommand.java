package io.cyphonic.engine.local;

import java.io.IOException;
import java.util.Map;

/** One command of the local socket. Runs on a virtual thread of its own and may wait. */
@FunctionalInterface
public interface LocalCommand {
    /**
     * Answers one request.
     *
     * @param request the object the client sent
     * @param replies takes one or more objects, each of which the client gets at once
     * @throws IOException if the client has gone
     */
    void run(Map<String, Object> request, Replies replies) throws IOException;

    /** Where the objects of an answer go. */
    @FunctionalInterface
    interface Replies {
        /**
         * Sends one object.
         *
         * @throws IOException if the client has gone
         */
        void send(Map<String, Object> object) throws IOException;
    }
}
