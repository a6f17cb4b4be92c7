package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.engine.session.JcaCapsuleCipher;

import java.util.function.Supplier;

/**
 * What only measurements and tests change.
 *
 * @param handOver when the adaptive mode uses the workers
 * @param lending when the adaptive mode uses a second staging thread
 * @param ciphers makes one cipher per worker
 * @param disturbance fault injection
 */
public record EngineTuning(
        HandOverPolicy handOver,
        LendingPolicy lending,
        Supplier<CapsuleCipher> ciphers,
        Disturbance disturbance) {
    /** What a node runs with. */
    public static EngineTuning defaults() {
        int processors = Runtime.getRuntime().availableProcessors();
        return new EngineTuning(
                HandOverPolicy.forProcessors(processors),
                LendingPolicy.forProcessors(processors),
                JcaCapsuleCipher::new,
                Disturbance.NONE);
    }

    /** The same with other ciphers. */
    public EngineTuning withCiphers(Supplier<CapsuleCipher> others) {
        return new EngineTuning(handOver, lending, others, disturbance);
    }
}
