package io.cyphonic.signaling.registry;

/**
 * How much the registry holds. Part of no log entry: the same on every start, or larger.
 *
 * @param maxNodes nodes ever enrolled, the revoked ones included
 * @param maxInvitations invitations open, used or expired a short while ago
 */
public record RegistryLimits(int maxNodes, int maxInvitations) {
    /** What a cloud has unless it is told otherwise; about 24 MB of address space when full. */
    public static final RegistryLimits DEFAULT = new RegistryLimits(8192, 4096);

    /** Checks the ranges. */
    public RegistryLimits {
        if (maxNodes < 1 || maxInvitations < 1) {
            throw new IllegalArgumentException(
                    "limits must be at least 1, found %d nodes, %d invitations"
                            .formatted(maxNodes, maxInvitations));
        }
    }
}
