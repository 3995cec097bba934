import { render } from 'preact'
import './app.css'
import { App } from './components/App.tsx'
import { connect } from './live.ts'

connect()
render(<App />, document.getElementById('app') as HTMLElement)
