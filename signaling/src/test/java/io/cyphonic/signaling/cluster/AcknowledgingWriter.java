package io.cyphonic.signaling.cluster;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.registry.RegistrySamples;

import java.nio.file.Path;
import java.security.SecureRandom;

/** A process of its own: writes invitations and prints the number of each acknowledged one. */
final class AcknowledgingWriter {
    private AcknowledgingWriter() {}

    /** The directory, the number to begin with. */
    public static void main(String[] arguments) throws Exception {
        final ClusterOptions options = ClusterOptions.defaults(RegistrySamples.network());
        final SecureRandom random = new SecureRandom();
        int number = Integer.parseInt(arguments[1]);
        try (ClusterRegistry registry =
                ClusterRegistry.open(Path.of(arguments[0]), options, random)) {
            while (true) {
                final Id128 id = RegistrySamples.id(number);
                final byte[] hash = RegistrySamples.hash(number);
                if (registry.invite(id, "n" + number, hash, Long.MAX_VALUE) == Status.OK) {
                    System.out.println(number);
                    number++;
                }
            }
        }
    }
}
