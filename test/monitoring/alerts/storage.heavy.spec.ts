import { playStories } from './alert-story.js';
import { STORAGE_STORIES } from './storage-stories.js';

// A day is 12 s.
playStories(STORAGE_STORIES, 7_200);
