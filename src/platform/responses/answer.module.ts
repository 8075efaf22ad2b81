import { Module } from '@nestjs/common';
import { ClientAddressModule } from '../client-address/index.js';
import { AnswerLimits } from './answer-limits.js';
import { AnswerMetrics, answerMetricProviders } from './answer.metrics.js';
import { RowAnswers } from './row-answers.js';

/** Sends rows to clients. All modules share one, and so its bounds. */
@Module({
  imports: [ClientAddressModule],
  providers: [...answerMetricProviders, AnswerLimits, AnswerMetrics, RowAnswers],
  exports: [RowAnswers],
})
export class AnswerModule {}
