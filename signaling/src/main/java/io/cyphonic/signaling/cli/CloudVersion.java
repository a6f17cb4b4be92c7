package io.cyphonic.signaling.cli;

import picocli.CommandLine.IVersionProvider;

/** The version from the jar's manifest. */
final class CloudVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = CloudVersion.class.getPackage().getImplementationVersion();
        return new String[] {
            "cyphonic-cloud " + (version == null ? "(not packaged)" : version),
            "Java " + Runtime.version()
        };
    }
}
