import connect from 'connect'
import { onExpress } from './on-express.mjs'

export default onExpress(connect)
