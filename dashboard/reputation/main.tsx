import { show } from '../shared/page.js';
import { ReputationPage } from './reputation-page.js';
import './reputation.css';

show(<ReputationPage />);
