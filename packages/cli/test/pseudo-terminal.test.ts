import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startSandbox } from '@auth/sandbox'
import { expect, test } from 'vitest'
import { carrierAuth, environmentOf, folder, MAIN } from './support/program.ts'

// Runs a program on a terminal of its own, and answers the question.
const PTY = `
import os, pty, sys, json
answer, *argv = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
out = b''
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    asked = b'[y/N]' in out
    out += part
    if not asked and b'[y/N]' in out:
        os.write(fd, answer.encode())
_, status = os.waitpid(pid, 0)
print(json.dumps({'out': out.decode(), 'code': os.waitstatus_to_exitcode(status)}))
`

test('asks a person before the last logins, and shows states as words in color', async () => {
  const { posti, close } = await startSandbox({ carriers: ['posti'] })
  try {
    const state = folder()
    const env = environmentOf(posti, { XDG_STATE_HOME: state })
    for (const guess of ['one-guess', 'two-guess', 'three-guess']) {
      await carrierAuth(['doctor', 'posti'], { env: { ...env, POSTI_PASSWORD: guess } })
    }
    const script = join(folder(), 'on_a_terminal.py')
    writeFileSync(script, PTY)
    const typed = async (answer: string): Promise<{ out: string; code: number }> => {
      const command = [process.execPath, '--conditions=@auth/source', MAIN, 'doctor', 'posti']
      const { stdout } = await promisify(execFile)('python3', [script, JSON.stringify([answer, ...command])], {
        env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
      })
      return JSON.parse(stdout) as { out: string; code: number }
    }
    const controlD = await typed('\u0004')
    expect(controlD.out).toContain('3 logins of this account were rejected of late')
    expect(controlD).toMatchObject({ code: 3, out: expect.stringContaining('no login was used') })
    const yes = await typed('y\r')
    expect(yes).toMatchObject({ code: 0, out: expect.stringContaining('posti: healthy; 1 login was used') })
    expect(yes.out).toContain('\u001b[32mpass        \u001b[39m')
  } finally {
    await close()
  }
})
