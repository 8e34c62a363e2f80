// A cable between a client and a chain that can be cut: connections break without a word, as they do out there.
import { connect, createServer } from 'node:net'

/** `port()` says where the chain listens now: it may be another after a restart. */
export async function layCable(port) {
  const pairs = new Set()
  const waiting = []
  let plugged = true
  let held = false
  const join = (near) => {
    const far = connect(port(), '127.0.0.1')
    const pair = [near, far]
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    near.pipe(far)
    far.pipe(near)
  }
  const server = createServer((near) => {
    if (!plugged) return near.destroy()
    if (!held) return join(near)
    waiting.push(near.on('error', () => {}))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    wsUrl: `ws://127.0.0.1:${server.address().port}`,
    connections: () => pairs.size,
    /** Breaks every connection, wherever it is in a message. */
    cut() {
      for (const pair of [...pairs]) for (const socket of pair) socket.destroy()
    },
    /** Breaks every connection; new ones are taken, but stay silent until let go. */
    hold() {
      held = true
      this.cut()
    },
    letGo() {
      held = false
      for (const near of waiting.splice(0)) join(near)
    },
    /** Nothing comes through until it is plugged in again. */
    unplug() {
      plugged = false
      this.cut()
    },
    plug() {
      plugged = true
    },
    remove() {
      this.cut()
      server.close()
    },
  }
}
