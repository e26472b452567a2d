import express from 'express4'
import { onExpress } from './on-express.mjs'

export default onExpress(express)
