/** The name of the channel that tells of closed outgoing connections: `{ connection, outgoing }`. */
export const outgoingCloseChannel = 'keepalive-kit:outgoing-close'
