import { type FactoryProvider, Module } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { AddressLabels } from './address-labels.js';
import { ChainSettings } from './chain-settings.js';

const providers: FactoryProvider[] = [
  {
    provide: ChainSettings,
    inject: [Settings],
    useFactory: ({ INSIGHT_CHAINS_FILE }: Settings) => ChainSettings.read(INSIGHT_CHAINS_FILE),
  },
  {
    provide: AddressLabels,
    inject: [Settings],
    useFactory: ({ LABELS_FILE }: Settings) => AddressLabels.read(LABELS_FILE),
  },
];

/** What operators know of chains and addresses, read once at the start. */
@Module({ providers, exports: [ChainSettings, AddressLabels] })
export class InsightSettingsModule {}

/**
 * Checks the files before anything is started.
 *
 * @throws InvalidSettingsError with a line for each problem of a file
 */
export async function checkSettingFiles({ INSIGHT_CHAINS_FILE, LABELS_FILE }: Settings): Promise<void> {
  await ChainSettings.read(INSIGHT_CHAINS_FILE);
  await AddressLabels.read(LABELS_FILE);
}
