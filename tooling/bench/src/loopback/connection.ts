import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A kept-alive connection that sends one prepared request after the other, and costs next to nothing to drive. */
export interface Connection {
  /** Sends a whole request; the status of the answer, which must say its length. */
  send(request: Buffer): Promise<number>
  close(): void
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  await once(socket, 'connect')
  return connection(socket)
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

function connection(socket: Socket): Connection {
  let received: Buffer = Buffer.alloc(0)
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const end = received.indexOf(END_OF_HEAD)
    if (end === -1) return
    const head = received.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (received.length < end + END_OF_HEAD.length + length) return
    received = Buffer.alloc(0)
    const { resolve, reject } = waiting ?? {}
    waiting = undefined
    if (Number.isNaN(length)) reject?.(new Error('the answer does not say its length'))
    else resolve?.(Number(head.slice(9, 12)))
  })
  const fail = (error?: Error): void => waiting?.reject(error ?? new Error('the connection was closed'))
  socket.once('error', fail).once('close', () => fail())
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => {
      socket.destroy()
    },
  }
}
