import { renderPage } from '../shared/page.js';
import { ReputationPage } from './reputation-page.js';
import './reputation.css';

renderPage(<ReputationPage />);
