import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** Resolves once what was written, or was about to be, has left with its turn. */
export async function gatheredWritesLeft(): Promise<void> {
  // A message may take some promises to get to the socket, and so ends its turn after this one.
  await nextTurn();
  await nextTurn();
}
