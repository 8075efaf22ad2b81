export { AnswerLimits } from './answer-limits.js';
export { AnswerModule } from './answer.module.js';
export { RowAnswers } from './row-answers.js';
export { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
