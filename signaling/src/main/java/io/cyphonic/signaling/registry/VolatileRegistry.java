package io.cyphonic.signaling.registry;

import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * A registry without a log: writes are applied at once and are gone when it is closed. For tests
 * and simulations of the cloud; a real one uses the cluster.
 */
public final class VolatileRegistry extends LoggedRegistry implements AutoCloseable {
    private final StateStore store;
    private final RegistryStateMachine stateMachine;
    private final InstantSource clock;

    /** An empty registry with small limits. */
    public VolatileRegistry(OverlayNetwork network, InstantSource clock, SecureRandom random) {
        this(network, clock, random, new ChronicleStateStore());
    }

    /** An empty registry with small limits in a store, which is closed with it. */
    public VolatileRegistry(
            OverlayNetwork network, InstantSource clock, SecureRandom random, StateStore store) {
        super(random);
        this.clock = clock;
        this.store = store;
        stateMachine = new RegistryStateMachine(store, new RegistryLimits(1024, 1024));
        submit(new RegistryCommand.Configure(network));
    }

    @Override
    protected RegistryView view() {
        return stateMachine.view();
    }

    @Override
    protected synchronized Redeemed submit(RegistryCommand command) {
        // Through the bytes, so that simulations see what the log would have kept.
        final byte[] entry = RegistryCommandCodec.encode(command);
        return stateMachine.apply(
                clock.millis(), RegistryCommandCodec.decode(entry, 0, entry.length));
    }

    @Override
    public void close() {
        store.close();
    }
}
