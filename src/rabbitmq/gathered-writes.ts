import type { Socket } from 'node:net';
import type { Connection } from 'rabbitmq-client';

/** What rabbitmq-client 5.0.8 writes its frames to; a new one for every connection. */
interface SocketOwner {
  readonly _socket: Socket;
}

/**
 * Sends what a turn of the event loop writes as one piece. The client hands over each message and
 * each acknowledgement by itself, and a system call for each costs more than all else about it, here
 * and in the broker. To be called after every (re)connection.
 */
export function gatherWrites(connection: Connection): void {
  // An internal of the client: the test fails if it changes.
  const { _socket: socket } = connection as unknown as SocketOwner;
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
  let gathering = false;
  socket.write = (...args: readonly unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      setImmediate(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}
