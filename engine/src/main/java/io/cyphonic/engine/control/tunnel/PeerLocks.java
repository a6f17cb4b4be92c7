package io.cyphonic.engine.control.tunnel;

import io.cyphonic.signaling.protocol.Id128;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one handler at a time change what belongs to a peer: its record, its index, its sessions in
 * the data plane. Two peers may share a lock; nobody holds two. A handler never waits for the
 * network while it holds one.
 */
public final class PeerLocks {
    private static final int STRIPES = 64;

    private final ReentrantLock[] locks = new ReentrantLock[STRIPES];

    /** Makes the locks. */
    public PeerLocks() {
        for (int i = 0; i < STRIPES; i++) {
            locks[i] = new ReentrantLock();
        }
    }

    /** Runs an action while no other handler works on this peer. */
    void with(Id128 nodeId, Runnable action) {
        ReentrantLock lock = locks[(int) (nodeId.low() & (STRIPES - 1))];
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
