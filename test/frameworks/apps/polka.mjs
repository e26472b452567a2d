import polka from 'polka'
import { answer } from './answers.mjs'
import { onListener } from './plain.mjs'

export default (options) =>
  onListener(polka().get('/', answer).get('/stream', answer).post('/upload', answer).handler, options)
